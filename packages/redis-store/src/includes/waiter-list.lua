-- A list of channels, separated by spaces, with one more; nil when it has that one already, or has no room: whoever is
-- not on it asks again now and then instead.
local function with_waiter(waiters, channel)
	waiters = waiters or ""
	if #waiters >= 2000 or string.find(" " .. waiters .. " ", " " .. channel .. " ", 1, true) then
		return nil
	end
	return waiters == "" and channel or waiters .. " " .. channel
end
