import { ERRORS, type ErrorWords } from '../errors.ts';
import type { DialectName } from '../types.ts';
import { member } from './api.ts';

/** Longest error body that is read. */
export const REPORT_BYTES_MAX = 65_536;
const MESSAGE_CHARS_MAX = 2_000;

/** An upstream's own error, as a client of the other dialect is told it. */
export interface UpstreamReport extends ErrorWords {
  /** HTTP status in the client's dialect. */
  readonly status: number;
}

/** By status. https://docs.anthropic.com/en/api/errors */
const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** By type or code, for an error in mid-stream, which has no status of its own. */
const STATUSES: ReadonlyMap<unknown, number> = new Map([
  ...Object.entries(ANTHROPIC_TYPES).map(([status, type]) => [type, Number(status)] as const),
  ['api_error', 500],
  ['server_error', 500],
  ['rate_limit_exceeded', 429],
  ['insufficient_quota', 429],
  ['invalid_api_key', 401],
]);

/** Each provider has its own words for a prompt that does not fit, and clients of each look for them. */
const TOO_LONG = /prompt is too long|maximum context length|context_length_exceeded|context window/i;

/** An upstream's 401 is about the operator's key: its words are none of the client's business, whose token is fine. */
const REFUSED_KEY: UpstreamReport = {
  status: ERRORS.upstream_unauthorized.status,
  publicMessage: ERRORS.upstream_unauthorized.message,
  param: null,
  openaiType: ERRORS.upstream_unauthorized.openaiType,
  openaiCode: ERRORS.upstream_unauthorized.openaiCode,
  anthropicType: ERRORS.upstream_unauthorized.anthropicType,
};

/**
 * Reads an error of either dialect, or one that is not JSON at all.
 * @param status of the answer, or 200 for an event in mid-stream
 * @param error the parsed body or event; undefined if it was not JSON
 * @param dialect the client's
 */
export function reportOf(status: number, error: unknown, dialect: DialectName): UpstreamReport {
  // Gemini's errors are a list of one.
  const said = Array.isArray(error) ? error[0] : error;
  const inner = member(said, 'error') ?? member(member(said, 'response'), 'error') ?? said;
  const type = text(member(inner, 'type'));
  const code = text(member(inner, 'code'));
  const known = status >= 400 ? status : statusOf(member(inner, 'code'), type);
  if (known === 401) return REFUSED_KEY;
  const message =
    text(typeof inner === 'string' ? inner : (member(inner, 'message') ?? member(inner, 'detail'))) ??
    `The model provider answered with status ${known}.`;
  const tooLong = TOO_LONG.test(code ?? '') || TOO_LONG.test(message);
  const shown = statusFor(dialect, known);
  return {
    status: shown,
    publicMessage:
      tooLong && dialect === 'anthropic' && !/prompt is too long/i.test(message)
        ? `prompt is too long: ${message}`
        : message,
    param: text(member(inner, 'param')) ?? null,
    openaiType: openaiType(known),
    openaiCode: tooLong ? 'context_length_exceeded' : (code ?? openaiCode(known)),
    anthropicType: ANTHROPIC_TYPES[shown] ?? (shown < 500 ? 'invalid_request_error' : 'api_error'),
  };
}

/** Gemini's and OpenRouter's codes are numbers. */
function statusOf(code: unknown, type: unknown): number {
  if (typeof code === 'number' && code >= 400 && code < 600) return Math.trunc(code);
  return STATUSES.get(code) ?? STATUSES.get(type) ?? 500;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MESSAGE_CHARS_MAX) : undefined;
}

/** 529 is Anthropic's own for what everybody else calls 503. @param dialect the client's */
export function statusFor(dialect: DialectName, status: number): number {
  if (dialect === 'openai') return status === 529 ? 503 : status;
  return status === 503 ? 529 : status;
}

function openaiType(status: number): string {
  if (status === 429) return 'rate_limit_error';
  if (status >= 500) return 'server_error';
  return status === 403 ? 'permission_error' : 'invalid_request_error';
}

function openaiCode(status: number): string | null {
  if (status === 404) return 'model_not_found';
  if (status === 429) return 'rate_limit_exceeded';
  return null;
}
