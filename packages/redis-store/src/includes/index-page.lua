-- @include byte-order
-- The next members of an index, newest first with ties by id: a list of member, score, member, score, …
-- place: afterMs ("" for the start) and afterId, to continue behind; created: fromMs, toMs, "" for no bound
local function index_page(key, place, created, limit)
	local page, rank = {}, 0
	if place.afterMs ~= "" then
		rank = redis.call("ZCOUNT", key, "(" .. place.afterMs, "+inf")
	elseif created.toMs ~= "" then
		rank = redis.call("ZCOUNT", key, created.toMs, "+inf")
	end
	while #page < limit * 2 do
		local slice = redis.call("ZREVRANGE", key, rank, rank + limit - 1, "WITHSCORES")
		for at = 1, #slice, 2 do
			if created.fromMs ~= "" and tonumber(slice[at + 1]) < tonumber(created.fromMs) then
				return page
			end
			-- Within one millisecond, what the last page showed or passed comes first and is left out.
			local seen = place.afterMs ~= "" and slice[at + 1] == place.afterMs and at_or_before(slice[at], place.afterId)
			if not seen and #page < limit * 2 then
				page[#page + 1] = slice[at]
				page[#page + 1] = slice[at + 1]
			end
		end
		if #slice == 0 then
			break
		end
		rank = rank + limit
	end
	return page
end

-- How many members of an index lie between the bounds.
local function created_between(key, created)
	return redis.call("ZCOUNT", key, created.fromMs == "" and "-inf" or created.fromMs,
		created.toMs == "" and "+inf" or "(" .. created.toMs)
end
