import {
  CODEC_MARK,
  decodeHistoryRecord,
  decodePayload,
  encodeHistoryRecord,
  encodePayload,
  failureSchema,
  isCodecOutput,
  PayloadNotDecodableError,
  type Failure,
  type HistoryRecord,
  type Payload,
  type PayloadCodec,
  type PayloadCodecContext,
} from "@heddle/protocol";

/**
 * Payloads as the store holds them. Sealing what is sealed and opening what is not change nothing, so a codec can be
 * introduced while runs are open, and what could not be opened is passed on as it was stored.
 */
export class SealedPayloads {
  constructor(
    private readonly codec: PayloadCodec,
    private readonly context: PayloadCodecContext,
  ) {}

  seal(payload: Payload): Payload {
    if (isCodecOutput(payload)) return payload;
    const encoded = this.codec.encode(payload, this.context);
    return encoded === payload ? payload : Buffer.concat([Uint8Array.of(CODEC_MARK), encoded]);
  }

  /** Throws `PayloadNotDecodableError`. */
  open(payload: Payload): Payload {
    if (!isCodecOutput(payload)) return payload;
    try {
      return this.codec.decode(payload.subarray(1), this.context);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PayloadNotDecodableError(
        `a stored payload cannot be decoded: ${reason}; give this process the codec, with all its keys, that encoded it`,
        { cause },
      );
    }
  }

  /** Keeps the name, by which failures are told apart; the rest moves into the details, as one payload. */
  sealFailure(failure: Failure): Failure {
    if (failure.details instanceof Uint8Array) return failure;
    const whole = encodePayload(failure);
    const details = this.seal(whole);
    return details === whole ? failure : { name: failure.name, message: "encoded", details };
  }

  openFailure(failure: Failure): Failure {
    const { details } = failure;
    if (!(details instanceof Uint8Array)) return failure;
    return failureSchema.parse(decodePayload(this.open(details)));
  }

  /** Of a payload that holds a failure. */
  sealFailurePayload(payload: Payload): Payload {
    return encodePayload(this.sealFailure(failureSchema.parse(decodePayload(payload))));
  }

  openFailurePayload(payload: Payload): Payload {
    return encodePayload(this.openFailure(failureSchema.parse(decodePayload(payload))));
  }

  sealRecord(record: Uint8Array): Uint8Array {
    return withPayloads(record, {
      payload: (payload) => this.seal(payload),
      failure: (failure) => this.sealFailure(failure),
    });
  }

  /** Of a run, with what a reset cut off from it. */
  openHistory({
    records,
    cutOff,
  }: {
    readonly records: readonly Uint8Array[];
    readonly cutOff?: readonly Uint8Array[];
  }) {
    const openAll = (sealed: readonly Uint8Array[]) => sealed.map((record) => this.openRecord(record));
    return { records: openAll(records), ...(cutOff === undefined ? {} : { cutOff: openAll(cutOff) }) };
  }

  openRecord(record: Uint8Array): Uint8Array {
    return withPayloads(record, {
      payload: (payload) => this.open(payload),
      failure: (failure) => this.openFailure(failure),
    });
  }
}

/** Every field of bytes is a payload, but for the record inside a held one. */
function withPayloads(
  data: Uint8Array,
  change: { payload: (payload: Payload) => Payload; failure: (failure: Failure) => Failure },
): Uint8Array {
  const record = decodeHistoryRecord(data);
  const fields = Object.entries(record).map(([field, value]: [string, unknown]) => {
    if (field === "failure") return [field, change.failure(value as Failure)];
    if (!(value instanceof Uint8Array)) return [field, value];
    return [field, field === "event" ? withPayloads(value, change) : change.payload(value)];
  });
  return encodeHistoryRecord(Object.fromEntries(fields) as HistoryRecord);
}
