-- @include byte-order
-- @include now-ms
-- Gathers runs that match a filter: how many, how many of each group, and the first of them.
-- filter: conditions (per condition a list of ranges: from, to; to is false for all that begins with from), idPrefix,
-- fromMs, toMs ("" for none)

-- A condition as it is asked of many runs: terms that meet it, in a table, and ranges of terms.
local function prepared(conditions)
	local all = {}
	for number, ranges in ipairs(conditions) do
		local condition = { exact = {}, ranges = {} }
		for _, range in ipairs(ranges) do
			local from = range[1]
			-- What ends with a second NUL is a whole term: a name, NUL, a value, NUL.
			local isTerm = string.sub(from, -1) == "\0" and string.find(from, "\0", 1, true) < #from
			if isTerm and not range[2] then
				condition.exact[string.sub(from, 1, -2)] = true
			else
				condition.ranges[#condition.ranges + 1] = range
			end
		end
		all[number] = condition
	end
	return all
end

local function in_range(term, from, to)
	if not to then
		return string.sub(term, 1, #from) == from
	end
	local member = term .. "\0"
	return at_or_before(member, from) and not at_or_before(member, to)
end

-- Whether a run with these terms (from the second element on) meets a condition.
local function meets(record, condition)
	for index = 2, #record do
		local term = record[index]
		if condition.exact[term] then
			return true
		end
		for _, range in ipairs(condition.ranges) do
			if in_range(term, range[1], range[2]) then
				return true
			end
		end
	end
	return false
end

-- All but the one of number `known` (nil for none), which it is known to meet.
local function meets_all(record, conditions, known)
	for number, condition in ipairs(conditions) do
		if number ~= known and not meets(record, condition) then
			return false
		end
	end
	return true
end

-- What is told by id and time of creation alone.
local function fits(filter, workflowId, createdAtMs)
	return (filter.fromMs == "" or createdAtMs >= tonumber(filter.fromMs))
		and (filter.toMs == "" or createdAtMs < tonumber(filter.toMs))
		and string.sub(workflowId, 1, #filter.idPrefix) == filter.idPrefix
end

-- Newest first, ties by id; both lists of id, time of creation (a number), index.
local function place_before(a, b)
	if a[2] ~= b[2] then
		return a[2] > b[2]
	end
	return a[1] ~= b[1] and at_or_before(a[1], b[1])
end

-- behind: the place to continue behind, nil for the start; limit: places wanted
local function new_matches(behind, limit)
	return { total = 0, groups = {}, places = {}, behind = behind, limit = limit, last = nil }
end

local function keep_first(matches)
	if #matches.places <= matches.limit then
		return
	end
	table.sort(matches.places, place_before)
	for index = #matches.places, matches.limit + 1, -1 do
		matches.places[index] = nil
	end
	matches.last = matches.places[matches.limit]
end

local function keep_place(matches, place)
	if matches.limit == 0 or (matches.behind and not place_before(matches.behind, place))
		or (matches.last and not place_before(place, matches.last)) then
		return
	end
	matches.places[#matches.places + 1] = place
	-- Now and then, so that neither the list nor the sorting grows with the number of matches.
	if #matches.places > 2 * matches.limit + 100 then
		keep_first(matches)
	end
end

-- place: id, time of creation, number of its status index among those of the call
-- record: its terms from the second element on; groupBy: "" for none, or the beginning of a term
local function add_match(matches, place, record, groupBy)
	matches.total = matches.total + 1
	if groupBy ~= "" then
		for index = 2, #record do
			local term = record[index]
			if string.sub(term, 1, #groupBy) == groupBy then
				matches.groups[term] = (matches.groups[term] or 0) + 1
			end
		end
	end
	keep_place(matches, place)
end

-- As lists: group, count, group, count, … and id, time of creation, index, id, …
local function matches_reply(matches)
	keep_first(matches)
	local groups, places = {}, {}
	for group, count in pairs(matches.groups) do
		groups[#groups + 1] = group
		groups[#groups + 1] = count
	end
	for _, place in ipairs(matches.places) do
		places[#places + 1] = place[1]
		places[#places + 1] = integer(place[2])
		places[#places + 1] = place[3]
	end
	return matches.total, groups, places
end
