-- @include run-status
-- The attempt that someone outside means; nil and a reply when there is none.
-- target: activity, header, signalIds, runId, token ("" by reference), referenceField ("" by token), referenceValue
-- Returns token ("" while it backs off), attempt, policy of the open attempt.
local function open_activity(target)
	local runId, status = unpack(redis.call("HMGET", target.header, "runId", "status"))
	if not runId then
		return nil, { "workflow-not-found" }
	end
	if not OPEN[status] then
		return nil, { "closed", runId, status }
	end
	local byReference = target.referenceField ~= ""
	if byReference and target.referenceValue == "" or runId ~= target.runId then
		return nil, { "not-found", runId }
	end
	-- The code gives a reference away again only when the activity that had it has ended.
	if byReference and redis.call("HGET", target.signalIds, target.referenceField) ~= target.referenceValue then
		return nil, { "already-settled" }
	end
	local token, attempt, policy = unpack(redis.call("HMGET", target.activity, "token", "attempt", "policy"))
	if not attempt or not byReference and token ~= target.token then
		return nil, { "already-settled" }
	end
	return { token = token or "", attempt = attempt, policy = policy }
end
