/** Who has to act when this error shows up. It decides the outcome of the exchange and whether it is logged. */
export type Fault = 'client' | 'upstream' | 'gateway';

interface ErrorSpec {
  readonly status: number;
  readonly fault: Fault;
  /** `error.type` on OpenAI routes. */
  readonly openaiType: string;
  /** `error.code` on OpenAI routes; null where OpenAI itself has none. */
  readonly openaiCode: string | null;
  /** `error.type` on Anthropic routes. */
  readonly anthropicType: string;
  /** `error.details` on Anthropic routes, where SDKs look for it. */
  readonly anthropicDetails?: { readonly error_code: string; readonly [name: string]: unknown };
  /** What the client reads unless the thrower gives a more exact text (client faults only). */
  readonly message: string;
}

const invalid = (status: number, message: string, anthropicType = 'invalid_request_error'): ErrorSpec => ({
  status,
  fault: 'client',
  openaiType: 'invalid_request_error',
  openaiCode: null,
  anthropicType,
  message,
});

const token = (message: string): ErrorSpec => ({
  ...invalid(401, message, 'authentication_error'),
  openaiCode: 'invalid_api_key',
});

const server = (
  fault: Fault,
  status: number,
  openaiCode: string,
  message: string,
  anthropicType = 'api_error',
): ErrorSpec => ({ status, fault, openaiType: 'server_error', openaiCode, anthropicType, message });

/**
 * Every error that the gateway itself can answer with. An upstream's own error body is relayed as it is and
 * is not in this table. docs/errors.md describes each row; a test holds the two together.
 */
export const ERRORS = {
  malformed_head: invalid(400, 'The request head is malformed.'),
  duplicate_header: invalid(400, 'A header that may be given only once was given twice.'),
  unsupported_encoding: invalid(400, 'The request body must be plain UTF-8 JSON, without Content-Encoding.'),
  invalid_json: invalid(400, 'The request body is not valid JSON.'),
  duplicate_key: invalid(400, 'The request body gives the same key twice.'),
  body_too_deep: invalid(400, 'The request body is nested too deeply.'),
  invalid_field: invalid(400, 'A field of the request is invalid.'),
  threads_unsupported: {
    ...invalid(
      400,
      'The model that was chosen keeps no threads. Send the whole conversation, without `thread`.',
    ),
    anthropicDetails: { error_code: 'thread_unsupported_request', unsupported: [] },
  },
  missing_token: token(
    'No API token. Send it as "Authorization: Bearer apk_..." or as "x-api-key: apk_...".',
  ),
  invalid_token: token('The API token is unknown, revoked or expired.'),
  no_plan: {
    ...invalid(403, 'This API token has no plan, or its plan has no models.', 'permission_error'),
    openaiCode: 'no_plan',
  },
  wrong_admin_secret: {
    ...invalid(403, 'The x-admin-secret header is missing or wrong.', 'permission_error'),
    openaiCode: 'wrong_admin_secret',
  },
  not_found: {
    ...invalid(404, 'There is nothing at this path.', 'not_found_error'),
    openaiCode: 'not_found',
  },
  model_not_found: {
    ...invalid(404, 'The plan has no model of that name.', 'not_found_error'),
    openaiCode: 'model_not_found',
  },
  method_not_allowed: invalid(405, 'This path does not take that method.'),
  body_timeout: invalid(408, 'The request body did not arrive in time.'),
  length_required: invalid(411, 'Send the request body with a Content-Length.'),
  body_too_large: invalid(413, 'The request body is too large.', 'request_too_large'),
  too_many_exports: {
    ...invalid(429, 'Too many usage exports are running. Try again when one has ended.', 'rate_limit_error'),
    openaiType: 'rate_limit_error',
    openaiCode: 'rate_limit_exceeded',
  },
  head_too_large: invalid(431, 'The request head is too large.', 'request_too_large'),
  internal: server('gateway', 500, 'internal', 'The gateway failed to handle this request.'),
  dialect_unreachable: server(
    'gateway',
    501,
    'dialect_unreachable',
    'None of the models that this request may use can be reached through this API.',
  ),
  upstream_failed: server('upstream', 502, 'upstream_failed', 'The model provider could not be reached.'),
  upstream_unauthorized: server('upstream', 502, 'upstream_failed', 'The model is not available right now.'),
  upstream_invalid: server(
    'upstream',
    502,
    'upstream_invalid',
    'The model provider gave an invalid response.',
  ),
  upstream_broken: server('upstream', 502, 'upstream_broken', 'The model provider broke off its response.'),
  upstream_unconfigured: server(
    'gateway',
    503,
    'upstream_unavailable',
    'The model is not available right now.',
    'overloaded_error',
  ),
  upstream_busy: server(
    'upstream',
    503,
    'upstream_busy',
    'The model provider has too many open requests.',
    'overloaded_error',
  ),
  directory_unavailable: server(
    'gateway',
    503,
    'directory_unavailable',
    'API tokens cannot be checked right now. Try again in a moment.',
  ),
  database_unavailable: server(
    'gateway',
    503,
    'database_unavailable',
    'The database cannot be used right now; the log of the gateway says why. Try again in a moment.',
  ),
  ledger_full: server(
    'gateway',
    503,
    'ledger_full',
    'The gateway cannot take on more requests right now. Try again in a moment.',
    'overloaded_error',
  ),
  stopping: server('gateway', 503, 'stopping', 'The gateway is restarting. Try again.', 'overloaded_error'),
  upstream_timeout: server(
    'upstream',
    504,
    'upstream_timeout',
    'The model provider did not answer in time.',
    'timeout_error',
  ),
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;

/** What an error response says, in the words of either dialect. */
export interface ErrorWords {
  /** What the client may read. */
  readonly publicMessage: string;
  /** The request field at fault. */
  readonly param: string | null;
  readonly openaiType: string;
  readonly openaiCode: string | null;
  readonly anthropicType: string;
  readonly anthropicDetails?: object | undefined;
}

export interface ProxyErrorOptions {
  /** Replaces the table's message. Reaches the client only when the client is at fault. */
  readonly message?: string;
  /** The request field at fault, for OpenAI's `error.param`. */
  readonly param?: string;
  /** Response headers that go with it: name, value, … */
  readonly headers?: readonly string[];
  /** For the log; never reaches the client. */
  readonly cause?: unknown;
}

/** The only error with which a plugin rejects an exchange. Branch on `code`, never on the message. */
export class ProxyError extends Error implements ErrorWords {
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly headers: readonly string[];

  constructor(code: ErrorCode, options: ProxyErrorOptions = {}) {
    super(options.message ?? ERRORS[code].message, { cause: options.cause });
    this.name = 'ProxyError';
    this.code = code;
    this.param = options.param ?? null;
    this.headers = options.headers ?? [];
  }

  get spec(): ErrorSpec {
    return ERRORS[this.code];
  }

  get openaiType(): string {
    return this.spec.openaiType;
  }

  get openaiCode(): string | null {
    return this.spec.openaiCode;
  }

  get anthropicType(): string {
    return this.spec.anthropicType;
  }

  get anthropicDetails(): object | undefined {
    return this.spec.anthropicDetails;
  }

  /** What the client may read: details of our own and of upstream failures stay in the log. */
  get publicMessage(): string {
    return this.spec.fault === 'client' ? this.message : this.spec.message;
  }

  /** Anything that is not a ProxyError is a bug of ours, and the client learns only that. */
  static from(thrown: unknown): ProxyError {
    return thrown instanceof ProxyError ? thrown : new ProxyError('internal', { cause: thrown });
  }
}

/**
 * A request field that will not do.
 * @param name as a path: `tools[0].name`
 * @param what goes on after the name: `must be a string`
 */
export function invalidField(name: string, what: string): ProxyError {
  return new ProxyError('invalid_field', { message: `The field "${name}" ${what}.`, param: name });
}
