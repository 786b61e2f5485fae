#!lua flags=no-writes
-- Reads a run, and the updates of it that no turn has taken, as they belong together.
--
-- KEYS  inbox    stream  accepted events
--       header   hash    the run
--       history  list    history of the current run
-- ARGV  limit    integer, entries of the inbox to look at, oldest first
-- Reply run fields records updates | not-found
--       updates: per update {updateId, name, epoch ms of its admission}
-- Writes nothing.

local inbox, header, history = KEYS[1], KEYS[2], KEYS[3]
local limit = tonumber(ARGV[1])
-- Few at a time: each may carry a large payload, which is not looked at.
local PAGE = 16

local fields = redis.call("HGETALL", header)
if #fields == 0 then
	return { "not-found" }
end

local function waiting_updates(runId)
	local updates, after = {}, "-"
	for _ = 1, limit, PAGE do
		local entries = redis.call("XRANGE", inbox, after, "+", "COUNT", PAGE)
		for _, entry in ipairs(entries) do
			local kind, _, ofRun, name, updateId = unpack(cmsgpack.unpack(entry[2][2]))
			if kind == "update" and ofRun == runId then
				updates[#updates + 1] = { updateId, name, string.match(entry[1], "^%d+") }
			end
		end
		if #entries < PAGE then
			break
		end
		after = "(" .. entries[PAGE][1]
	end
	return updates
end

local runId, accepted, processed = unpack(redis.call("HMGET", header, "runId", "accepted", "processed"))
local updates = accepted == processed and {} or waiting_updates(runId)
return { "run", fields, redis.call("LRANGE", history, 0, -1), updates }
