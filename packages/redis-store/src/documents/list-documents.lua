#!lua flags=no-writes
-- A page of the documents of a collection, in the order of their ids.
--
-- KEYS  documents    hash  documents of the collection
--       documentIds  zset  their ids, all scores 0
-- ARGV  first  lower end of the ids, as ZRANGEBYLEX takes it
--       last   upper end
--       order  "ascending" | "descending"
--       limit  integer
-- Reply page …id document

local documents, documentIds = KEYS[1], KEYS[2]
local first, last, order, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local ids
if order == "descending" then
	ids = redis.call("ZREVRANGEBYLEX", documentIds, last, first, "LIMIT", 0, limit)
else
	ids = redis.call("ZRANGEBYLEX", documentIds, first, last, "LIMIT", 0, limit)
end
local page = { "page" }
for _, id in ipairs(ids) do
	page[#page + 1] = id
	page[#page + 1] = redis.call("HGET", documents, id)
end
return page
