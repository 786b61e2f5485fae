-- Whether a sorts before or at b in descending order of bytes. Lua compares by the server's locale, Redis by bytes.
local function at_or_before(a, b)
	for at = 1, math.min(#a, #b) do
		local byteOfA, byteOfB = string.byte(a, at), string.byte(b, at)
		if byteOfA ~= byteOfB then
			return byteOfA > byteOfB
		end
	end
	return #a >= #b
end
