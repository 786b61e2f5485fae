-- Open runs by type and version; what has none is not kept.
local function version_field(type, version)
	return type .. "\0" .. version
end

local function count_version(versions, field, change)
	if redis.call("HINCRBY", versions, field, change) <= 0 then
		redis.call("HDEL", versions, field)
	end
end
