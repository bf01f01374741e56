import { member } from '../dialects/api.ts';

/** What an error names that is about something else than the path. */
const THINGS = /\b(conversation|container|file|item|message|model|prompt|response|tool)s?\b/i;

const PATHS = /\/v1\/\S*/g;

/**
 * Whether an upstream's error says that it does not have the API at all. A 404 may also be about a model, or about an
 * item that is not stored: then the client has to be told.
 * @param said the body, if it is JSON
 */
export function lacksApi(status: number, said: unknown): boolean {
  if (status === 405 || status === 501) return true;
  if (status !== 404) return false;
  const error = member(said, 'error') ?? said;
  const { code, param, message } = {
    code: member(error, 'code'),
    param: member(error, 'param'),
    message: typeof error === 'string' ? error : member(error, 'message'),
  };
  const named =
    (typeof code === 'string' && code !== 'not_found' && code !== '404') || typeof param === 'string';
  return !named && !(typeof message === 'string' && THINGS.test(message.replaceAll(PATHS, '')));
}
