import { ProxyError } from '../errors.ts';
import type { TransportFailure } from '../upstream/transport.ts';
import { EVENT_STREAM } from './call.ts';
import type { ResponseHead } from './head.ts';

/** Answers that must not reach the client. An upstream's 401 is about the operator's key, not about the client's token. */
export function refuse(
  { status, contentEncoding, contentType }: ResponseHead,
  streaming: boolean,
): ProxyError | undefined {
  if (status === 401)
    return new ProxyError('upstream_unauthorized', { message: 'The upstream refuses the configured key.' });
  if (status >= 300 && status < 400) {
    return new ProxyError('upstream_invalid', {
      message: `The upstream redirects (${status}); redirects are not followed.`,
    });
  }
  if (contentEncoding !== '') {
    return new ProxyError('upstream_invalid', {
      message: `The upstream answers in ${contentEncoding}, which was not asked for.`,
    });
  }
  if (streaming && status < 400 && contentType !== EVENT_STREAM) {
    return new ProxyError('upstream_invalid', { message: 'A stream was asked for, and no stream came.' });
  }
  return undefined;
}

export function codeOf(
  { kind }: TransportFailure,
  headSeen: boolean,
): 'upstream_failed' | 'upstream_busy' | 'upstream_invalid' | 'upstream_broken' {
  if (kind === 'busy') return 'upstream_busy';
  if (kind === 'protocol' && !headSeen) return 'upstream_invalid';
  return headSeen ? 'upstream_broken' : 'upstream_failed';
}
