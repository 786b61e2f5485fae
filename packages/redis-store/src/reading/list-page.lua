#!lua flags=no-writes
-- One page of some indexes of a partition, each newest first with ties by id, read at one moment.
--
-- KEYS  …indexes  zset  indexes of (type, status)
-- ARGV  afterMs  epoch ms of the place to continue behind, "" for the start
--       afterId  workflow id of that place
--       limit    integer, members per index
--       fromMs   epoch ms, "" for none; of creation, inclusive
--       toMs     epoch ms, "" for none; exclusive
-- Reply page total (of all indexes, between the bounds) then, per index, a list: member, score, member, score, …
-- Writes nothing.

-- @include index-page

local place = { afterMs = ARGV[1], afterId = ARGV[2] }
local limit, created = tonumber(ARGV[3]), { fromMs = ARGV[4], toMs = ARGV[5] }

local total, pages = 0, {}
for index = 1, #KEYS do
	total = total + created_between(KEYS[index], created)
	pages[index] = index_page(KEYS[index], place, created, limit)
end
return { "page", total, unpack(pages) }
