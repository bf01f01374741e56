// The lines that the demo prints mean to a shell what the demo itself would send.
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { clientLines, toCurl, toPsql, usageLine } from '../../../demo/lines.ts';

const access = { url: 'http://127.0.0.1:1', token: 'apk_x', adminSecret: 's', since: new Date(0) };

/** The words that a shell makes of a line. */
function wordsOf(line: string): string[] {
  const script = `show() { for word in "$@"; do printf '%s\\0' "$word"; done; }; show ${line}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

t.test('a request', async (t) => {
  for (const line of clientLines(access)) {
    const expected = ['curl', '-sN', line.url];
    for (const [name, value] of Object.entries(line.headers)) expected.push('-H', `${name}: ${value}`);
    if (line.body) expected.push('-d', JSON.stringify(line.body));
    t.same(wordsOf(toCurl(line)), expected, line.title);
  }
});

t.test('characters that a shell takes for its own', async (t) => {
  const body = { text: `it's $HOME & \`ls\` "quoted" \\ !` };
  t.equal(wordsOf(toCurl({ title: '', url: 'http://h/', headers: {}, body })).at(-1), JSON.stringify(body));
  const { url } = usageLine(access);
  t.match(url, /\?format=csv&from=/);
  t.equal(wordsOf(toCurl(usageLine(access)))[2], url);
});

t.test('the look at the database', async (t) => {
  const url = 'postgres://u:p@127.0.0.1:5/apipod?sslmode=disable';
  t.match(wordsOf(toPsql(url)), ['psql', url, '-c', /^select .* from usage_logs .* limit 5$/]);
});
