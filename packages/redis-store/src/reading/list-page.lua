#!lua flags=no-writes
-- One page of some indexes of a partition, each newest first with ties by id, read at one moment.
--
-- KEYS  …indexes  zset  indexes of (type, status)
-- ARGV  afterMs  epoch ms of the place to continue behind, "" for the start
--       afterId  workflow id of that place
--       limit    integer, members per index
-- Reply page total (cardinality of all indexes) then, per index, a list: member, score, member, score, …
-- Writes nothing.

local afterMs, afterId, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])

-- Whether a sorts before or at b in descending order of bytes. Lua compares by the server's locale, Redis by bytes.
local function at_or_before(a, b)
	for at = 1, math.min(#a, #b) do
		local byteOfA, byteOfB = string.byte(a, at), string.byte(b, at)
		if byteOfA ~= byteOfB then
			return byteOfA > byteOfB
		end
	end
	return #a >= #b
end

local total, pages = 0, {}
for index = 1, #KEYS do
	local key, page, rank = KEYS[index], {}, 0
	total = total + redis.call("ZCARD", key)
	if afterMs ~= "" then
		rank = redis.call("ZCOUNT", key, "(" .. afterMs, "+inf")
	end
	while #page < limit * 2 do
		local slice = redis.call("ZREVRANGE", key, rank, rank + limit - 1, "WITHSCORES")
		if #slice == 0 then
			break
		end
		for at = 1, #slice, 2 do
			-- Within one millisecond, what the last page showed or passed comes first and is left out.
			local seen = afterMs ~= "" and slice[at + 1] == afterMs and at_or_before(slice[at], afterId)
			if not seen and #page < limit * 2 then
				page[#page + 1] = slice[at]
				page[#page + 1] = slice[at + 1]
			end
		end
		rank = rank + limit
	end
	pages[index] = page
end
return { "page", total, unpack(pages) }
