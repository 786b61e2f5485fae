-- Of how many activities that were settled from outside a workflow remembers how. It bounds what one workflow can weigh.
local REMEMBERED_SETTLEMENTS = 1000

-- Notes how an attempt was settled, in place of what was noted of an earlier attempt of the activity.
-- settlement: seq, runId, token ("" while it backed off), answer (settled | retrying), mark (opaque)
local function remember_settlement(signalIds, settlement)
	local activity = settlement.seq .. ":" .. settlement.runId
	local field = "e:" .. activity
	if redis.call("HEXISTS", signalIds, field) == 0 then
		local slot = "settlements:" .. redis.call("HINCRBY", signalIds, "settlements", 1) % REMEMBERED_SETTLEMENTS
		local displaced = redis.call("HGET", signalIds, slot)
		if displaced then
			redis.call("HDEL", signalIds, "e:" .. displaced)
		end
		redis.call("HSET", signalIds, slot, activity)
	end
	redis.call("HSET", signalIds, field, cmsgpack.pack({ settlement.answer, settlement.token, settlement.mark }))
end

-- Answer and mark of the settlement that a caller may be repeating; nil when nothing is known of any.
-- activity: seq, runId, token ("" by reference, which means any attempt)
local function settlement_before(signalIds, activity)
	local noted = redis.call("HGET", signalIds, "e:" .. activity.seq .. ":" .. activity.runId)
	if not noted then
		return nil
	end
	local answer, token, mark = unpack(cmsgpack.unpack(noted))
	if activity.token ~= "" and activity.token ~= token then
		return nil
	end
	return answer, mark
end
