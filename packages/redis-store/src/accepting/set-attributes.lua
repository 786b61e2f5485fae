#!lua
-- Changes search attributes of an open run, once per operation id.
--
-- KEYS  operations   zset  operations applied lately
--       header       hash  the run
--       attributes   hash  search attributes of each run that has any
--       byAttribute  zset  the same by value
-- ARGV  workflowId   string
--       operationId  string, fresh
--       notAfterMs   epoch ms; a re-sent command past it is refused, because its operation may be forgotten
--       changes      msgpack: per attribute its name and its terms, none to remove it
--       limit        integer, attributes of one run
-- Reply applied runId status | not-found | closed runId status | too-many count | expired
-- Writes only when the reply is applied, and then at most once per operation id.

-- @include now-ms
-- @include run-status
-- @include operations
-- @include change-attributes

local operations = KEYS[1]
local keys = { header = KEYS[2], attributes = KEYS[3], byAttribute = KEYS[4] }
local workflowId, operationId, notAfterMs = ARGV[1], ARGV[2], tonumber(ARGV[3])
local changes, limit = cmsgpack.unpack(ARGV[4]), tonumber(ARGV[5])

local runId, status, type = unpack(redis.call("HMGET", keys.header, "runId", "status", "type"))
if not runId then
	return { "not-found" }
end
if operation_applied(operations, operationId) then
	return { "applied", runId, status }
end
if not OPEN[status] then
	return { "closed", runId, status }
end
local now = now_ms()
if now > notAfterMs then
	return { "expired" }
end
local run = { workflowId = workflowId, type = type }
local plan = planned_attributes(keys, run, changes)
if plan.count > limit and #plan.added > 0 then
	return { "too-many", plan.count }
end
write_attributes(keys, run, plan)
redis.call("HSET", keys.header, "updatedAtMs", integer(now))
remember_operation(operations, operationId, now, now)
return { "applied", runId, status }
