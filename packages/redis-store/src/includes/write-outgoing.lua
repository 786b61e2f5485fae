-- @include send-message
-- Writes what a turn sends to other runs, and what it says of its children.
-- outgoing: messages {kind, seq, target, runId, record index or false}, children {seq, policy, runId, workflowId} in
-- one text each, drops (whether the run has no children any more)
local function write_outgoing(messages, children, turn, outgoing)
	local sent, added, drops = unpack(outgoing)
	for _, message in ipairs(sent) do
		local kind, seq, target, runId, recordIndex = unpack(message)
		send_message(messages, turn, {
			kind = kind, seq = seq, target = target, runId = runId,
			data = recordIndex and turn.records[recordIndex + 1],
		})
	end
	for _, child in ipairs(added) do
		redis.call("HSET", children, unpack(child))
	end
	if drops then
		redis.call("DEL", children)
	end
end
