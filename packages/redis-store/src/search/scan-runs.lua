#!lua flags=no-writes
-- Looks at the next runs of some indexes, newest first, and finds those that match a filter. What it looks at lies
-- between two places of one order over all indexes, so that in a series of calls each run is looked at exactly once,
-- whatever status it changes to meanwhile.
--
-- KEYS  attributes  hash  search attributes of each run that has any
--       …indexes    zset  indexes of (type, status)
-- ARGV  filter      msgpack: conditions, idPrefix, fromMs, toMs; see matched-runs
--       afterMs     epoch ms of the place behind which the page begins, "" for the start
--       afterId     workflow id of that place
--       limit       integer, places at most
--       groupBy     "" for none, or the beginning of a term
--       behindMs    epoch ms of the place to look behind, "" for the start
--       behindId    workflow id of that place
--       window      integer, runs of one index to look at at most
-- Reply found total groups places behindMs behindId ("" when all were looked at)
-- Writes nothing.

-- @include index-page
-- @include matched-runs

local attributes = KEYS[1]
local filter = cmsgpack.unpack(ARGV[1])
local pageBehind = ARGV[2] ~= "" and { ARGV[3], tonumber(ARGV[2]) } or nil
local limit, groupBy = tonumber(ARGV[4]), ARGV[5]
local behind, window = { afterMs = ARGV[6], afterId = ARGV[7] }, tonumber(ARGV[8])

-- The last place that is known of every index: there, or behind it, lies what one of them has not shown.
local members, lastPlace = {}, nil
for index = 2, #KEYS do
	local shown = index_page(KEYS[index], behind, filter, window)
	members[index] = shown
	if #shown == window * 2 then
		local place = { shown[#shown - 1], tonumber(shown[#shown]) }
		if not lastPlace or place_before(place, lastPlace) then
			lastPlace = place
		end
	end
end

local conditions = prepared(filter.conditions)
local matches = new_matches(pageBehind, limit)
for index, shown in pairs(members) do
	for at = 1, #shown, 2 do
		local place = { shown[at], tonumber(shown[at + 1]), index - 1 }
		if not (lastPlace and place_before(lastPlace, place)) and fits(filter, place[1], place[2]) then
			local stored = #conditions > 0 and redis.call("HGET", attributes, place[1])
			local record = stored and cmsgpack.unpack(stored) or {}
			if meets_all(record, conditions) then
				add_match(matches, place, record, groupBy)
			end
		end
	end
end
local total, groups, places = matches_reply(matches)
return { "found", total, groups, places, lastPlace and integer(lastPlace[2]) or "", lastPlace and lastPlace[1] or "" }
