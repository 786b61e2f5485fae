#!lua flags=no-writes
-- Reads the history of a run behind a place, with its status of the same moment.
--
-- KEYS  header   hash  the run
--       history  list  history of the current run
-- ARGV  runId       string, "" for the current one
--       firstRunId  string, first of its chain as far as the caller knows, "" if it does not
--       from        integer, records to leave out
--       maxRecords  integer
--       maxBytes    integer; one record at least is read
-- Reply records runId firstRunId status records hasMore | continued runId firstRunId | replaced | not-found
--       continued: the run goes on as that one
-- Writes nothing.

-- @include now-ms

local header, history = KEYS[1], KEYS[2]
local runId, firstRunId, from = ARGV[1], ARGV[2], tonumber(ARGV[3])
local maxRecords, maxBytes = tonumber(ARGV[4]), tonumber(ARGV[5])

local currentRun, first, continuedFrom, status =
	unpack(redis.call("HMGET", header, "runId", "firstRunId", "continuedFrom", "status"))
if not currentRun then
	return { "not-found" }
end
first = first or currentRun
if runId ~= "" and runId ~= currentRun then
	if continuedFrom == runId or first == runId or first == firstRunId then
		return { "continued", currentRun, first }
	end
	return { "replaced" }
end
-- A few at a time: most histories end there, and large records are not read for nothing.
local records, bytes, slice = {}, 0, 16
local at = from
while #records < maxRecords and bytes < maxBytes do
	local read = redis.call("LRANGE", history, integer(at), integer(at + slice - 1))
	for _, record in ipairs(read) do
		if #records < maxRecords and (bytes == 0 or bytes + #record <= maxBytes) then
			records[#records + 1] = record
			bytes = bytes + #record
		else
			return { "records", currentRun, first, status, records, 1 }
		end
	end
	at = at + slice
	if #read < slice then
		return { "records", currentRun, first, status, records, 0 }
	end
end
local hasMore = redis.call("LLEN", history) > from + #records
return { "records", currentRun, first, status, records, hasMore and 1 or 0 }
