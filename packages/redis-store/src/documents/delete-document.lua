#!lua flags=allow-oom
-- Removes a document.
--
-- KEYS  documents           hash  documents of the collection
--       documentIds         zset  their ids
--       documentOperations  zset  operations applied lately
-- ARGV  id           string
--       operationId  string, fresh; repeating the call with it is safe
-- Reply deleted | absent
-- Writes only when the reply is deleted.

-- @include operations

local documents, documentIds, documentOperations = KEYS[1], KEYS[2], KEYS[3]
local id, operationId = ARGV[1], ARGV[2]

if operation_applied(documentOperations, operationId) then
	return { "deleted" }
end
if redis.call("HDEL", documents, id) == 0 then
	return { "absent" }
end
local now = now_ms()
redis.call("ZREM", documentIds, id)
remember_operation(documentOperations, operationId, now, now)
return { "deleted" }
