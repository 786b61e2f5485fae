-- Puts a message to another run into the outbox of the sender's partition.
-- message: kind, seq, target (workflow id), runId (as meant), data; sender: workflowId, runId
local function send_message(messages, sender, message)
	redis.call("XADD", messages, "*",
		"message", cmsgpack.pack({
			message.kind, sender.workflowId, sender.runId, message.seq, message.target, message.runId,
		}),
		"data", message.data or "")
end
