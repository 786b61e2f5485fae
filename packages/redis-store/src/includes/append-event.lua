-- @include wake-owner
-- Appends one accepted event to the inbox and wakes the owner. The entry id carries the time.
-- event: kind, workflowId, runId, name, reference, extra, data
local function append_uncounted(lease, inbox, event)
	redis.call("XADD", inbox, "*",
		"kind", event.kind, "id", event.workflowId, "run", event.runId,
		"name", event.name or "", "reference", event.reference or "", "extra", event.extra or "",
		"data", event.data or "")
	wake_owner(lease)
end

-- The same, and counts it on its open run.
local function append_event(lease, inbox, header, event)
	redis.call("HINCRBY", header, "accepted", 1)
	append_uncounted(lease, inbox, event)
end
