-- Wait before the next attempt in ms, nil when the failure is final: the rule of core/src/activity/retry-policy.ts; a test
-- compares the two.
-- policy: as stored; failure: name, ownDelayMs (text, "" for none); random in [0, 1)
local function retry_delay_ms(policy, attempt, failure, random)
	local maxAttempts, initialBackoffMs, multiplier, maxBackoffMs, jitter, nonRetryable = unpack(cjson.decode(policy))
	if attempt >= maxAttempts then
		return nil
	end
	for _, name in ipairs(nonRetryable) do
		if name == failure.name then
			return nil
		end
	end
	if failure.ownDelayMs ~= "" then
		return tonumber(failure.ownDelayMs)
	end
	-- The power may be infinite after a thousand attempts, and 0 times infinity is no number.
	local factor = math.min(1.7e308, multiplier ^ (attempt - 1))
	local computed = math.min(maxBackoffMs, initialBackoffMs * factor)
	return math.ceil(jitter == "full" and computed * random or computed)
end
