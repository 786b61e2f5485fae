-- Whether a new run may take the id of a closed one. onClosed: allow | allow-failed-only | reject
local function may_replace(status, onClosed)
	if onClosed == "allow-failed-only" then
		return status ~= "completed" and status ~= "continued"
	end
	return onClosed == "allow"
end
