#!lua
-- Keeps a document, if what is there is what its writer expects.
--
-- KEYS  documents           hash  documents of the collection: revision, ":", value
--       documentIds         zset  their ids, all scores 0
--       documentOperations  zset  operations applied lately
-- ARGV  id           string
--       value        payload
--       only         "absent" | "present" | a revision | "" for whatever is there
--       operationId  string, fresh; repeating the call with it is safe
-- Reply written revision | refused revision
--       revision: of what is there now; "" for nothing
-- Writes only when the reply is written.

-- @include operations

local documents, documentIds, documentOperations = KEYS[1], KEYS[2], KEYS[3]
local id, value, only, operationId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local stored = redis.call("HGET", documents, id)
local revision = stored and string.match(stored, "^(%d+):") or ""
if operation_applied(documentOperations, operationId) then
	return { "written", revision }
end
local isExpected = only == ""
	or (only == "absent" and not stored)
	or (only == "present" and stored)
	or (stored and only == revision)
if not isExpected then
	return { "refused", revision }
end
local now = now_ms()
local written = integer((tonumber(revision) or 0) + 1)
redis.call("HSET", documents, id, written .. ":" .. value)
redis.call("ZADD", documentIds, 0, id)
remember_operation(documentOperations, operationId, now, now)
return { "written", written }
