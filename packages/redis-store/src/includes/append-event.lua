-- @include wake-owner
-- Appends one accepted event to the inbox and wakes the owner. The entry id carries the time.
-- event: kind, workflowId, runId, name, reference, extra, parent (of a child), data
local function append_uncounted(lease, inbox, event)
	-- Two fields rather than seven: the owner reads every entry, and each field of a reply costs it an allocation.
	redis.call("XADD", inbox, "*",
		"event", cmsgpack.pack({
			event.kind, event.workflowId, event.runId, event.name or "", event.reference or "", event.extra or "",
			event.parent,
		}),
		"data", event.data or "")
	wake_owner(lease)
end

-- The same, and counts it on its open run.
local function append_event(lease, inbox, header, event)
	redis.call("HINCRBY", header, "accepted", 1)
	append_uncounted(lease, inbox, event)
end
