-- Which cap is reached: "partition", "run" or nil. `accepted` and `processed` are the run's counters.
local function full_inbox(inbox, partitionCap, accepted, processed, runCap)
	if redis.call("XLEN", inbox) >= partitionCap then
		return "partition"
	end
	if tonumber(accepted or "0") - tonumber(processed or "0") >= runCap then
		return "run"
	end
	return nil
end
