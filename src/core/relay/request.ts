import type { UpstreamSettings } from '../config/upstreams.ts';
import type { Api } from '../dialects/api.ts';
import { ProxyError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import type { RequestHead } from '../server/head.ts';

/** Anthropic upstreams insist on one; curl users forget it. */
const ANTHROPIC_VERSION = '2023-06-01';
const BETA = /(?:^|&)beta=(\w+)(?:&|$)/;
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;

/**
 * Of the client's query only `beta` goes along, which Anthropic's
 * clients send: to some upstreams a query names keys or models.
 */
export function upstreamPath(
  { basePath }: UpstreamSettings,
  { dialect, path }: Api,
  { query }: RequestHead,
): string {
  const beta = query === '' || dialect !== 'anthropic' ? undefined : BETA.exec(query)?.[1];
  return beta === undefined ? basePath + path : `${basePath}${path}?beta=${beta}`;
}

const fixed = new WeakMap<UpstreamSettings, Map<Api, readonly string[]>>();

/** What all requests to an upstream have that go through one API: name, value, … Always the same array. */
export function fixedHeaders(settings: UpstreamSettings, api: Api): readonly string[] {
  let byApi = fixed.get(settings);
  if (byApi === undefined) {
    byApi = new Map();
    fixed.set(settings, byApi);
  }
  let headers = byApi.get(api);
  if (headers === undefined) {
    const { key } = settings;
    headers = [
      'content-type',
      'application/json',
      // The bytes are counted as they pass.
      'accept-encoding',
      'identity',
      'user-agent',
      'apipod',
      ...(key === undefined ? [] : api.authorization(key)),
    ];
    byApi.set(api, headers);
  }
  return headers;
}

/**
 * The other headers of a request to an upstream: name, value, … What is not named here or by the API stays behind, the
 * client's token first of all.
 * @throws ProxyError `malformed_head`
 */
export function ownHeaders(api: Api, { id, client }: Exchange): string[] {
  const headers = ['x-request-id', id];
  for (const name of api.forwardedHeaders) {
    const value = client.head.get(name);
    if (value === undefined) {
      if (name === 'anthropic-version') headers.push(name, ANTHROPIC_VERSION);
      continue;
    }
    if (!FIELD_VALUE.test(value))
      throw new ProxyError('malformed_head', { message: `The header ${name} is malformed.` });
    headers.push(name, value);
  }
  return headers;
}
