/** Something to try: a request that can be printed as a curl line and can be made. */
export interface Line {
  readonly title: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON by POST; without it: GET. */
  readonly body?: object;
  /** The answer is a stream. */
  readonly streamed?: boolean;
}

export interface Access {
  readonly url: string;
  readonly token: string;
  readonly adminSecret: string;
  /** Usage rows since then. */
  readonly since: Date;
}

const QUESTION = [{ role: 'user', content: 'Good day! Who answers here?' }];

/** Requests of clients. Those with a body leave a usage row. */
export function clientLines({ url, token }: Access): Line[] {
  const bearer = { authorization: `Bearer ${token}` };
  const json = { ...bearer, 'content-type': 'application/json' };
  const anthropic = {
    'x-api-key': token,
    'anthropic-version': '2023-06-01',
    'content-type': 'application/json',
  };
  return [
    {
      title: 'OpenAI, JSON',
      url: `${url}/v1/chat/completions`,
      headers: json,
      body: { model: 'auto', messages: QUESTION },
    },
    {
      title: 'OpenAI, a stream',
      streamed: true,
      url: `${url}/v1/chat/completions`,
      headers: json,
      body: { model: 'auto', stream: true, messages: QUESTION },
    },
    {
      title: 'Anthropic, a stream',
      streamed: true,
      url: `${url}/v1/messages`,
      headers: anthropic,
      body: { model: 'auto', stream: true, max_tokens: 100, messages: QUESTION },
    },
    {
      title: 'OpenAI, a stream of a model whose upstream speaks Anthropic',
      streamed: true,
      url: `${url}/v1/chat/completions`,
      headers: json,
      body: { model: 'gemini-3-flash', stream: true, messages: QUESTION },
    },
    {
      title: 'Anthropic, a stream of a model whose upstream speaks OpenAI',
      streamed: true,
      url: `${url}/v1/messages`,
      headers: anthropic,
      body: { model: 'gpt-5-mini', stream: true, max_tokens: 100, messages: QUESTION },
    },
    {
      title: 'OpenAI responses, a stream',
      streamed: true,
      url: `${url}/v1/responses`,
      headers: json,
      body: { model: 'auto', stream: true, input: QUESTION[0]!.content },
    },
    { title: 'The models of the plan', url: `${url}/v1/models`, headers: bearer },
  ];
}

export function usageLine({ url, adminSecret, since }: Access): Line {
  return {
    title: 'Usage rows as CSV',
    url: `${url}/admin/usage?format=csv&from=${since.toISOString()}`,
    headers: { 'x-admin-secret': adminSecret },
  };
}

export function metricsLine({ url }: Access): Line {
  return { title: 'Metrics for Prometheus', url: `${url}/metrics`, headers: {} };
}

/** For a POSIX shell. `-N`: a stream is shown as it comes. */
export function toCurl({ url, headers, body }: Line): string {
  const words = ['curl', '-sN', quote(url)];
  for (const [name, value] of Object.entries(headers)) words.push('-H', quote(`${name}: ${value}`));
  if (body !== undefined) words.push('-d', quote(JSON.stringify(body)));
  return words.join(' ');
}

export function toPsql(databaseUrl: string): string {
  const columns =
    'usage_id, routed_model, upstream, token_count, input_tokens, output_tokens, count_source, outcome';
  return `psql ${quote(databaseUrl)} -c ${quote(
    `select ${columns} from usage_logs order by usage_id desc limit 5`,
  )}`;
}

export function send({ url, headers, body }: Line): Promise<Response> {
  return fetch(
    url,
    body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
  );
}

/** As it is where the shell takes it so. */
function quote(text: string): string {
  return /^[\w/:.=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
