-- Hands a list to `apply` as arguments, at most 1000 at a time: unpack is limited by the Lua stack. Even, so that
-- pairs stay together.
local function in_slices(list, apply)
	for first = 1, #list, 1000 do
		apply(unpack(list, first, math.min(first + 999, #list)))
	end
end
