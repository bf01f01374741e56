// A script travels in a message of the request, so that it passes through SDKs and gateways.
import t from 'tap';
import { findScript, scriptText } from '../../../sim/script.ts';

t.test('is the last text that begins with the mark, up to the end of its line', async (t) => {
  t.same(findScript([scriptText({ chunks: 3 }), scriptText({ chunks: 4 }), 'hello']), { chunks: 4 });
  t.same(findScript([`${scriptText({ text: 'a\nb' })}\nand then some`]), { text: 'a\nb' });
});

t.test('is empty where no text begins so', async (t) => {
  t.same(findScript(['hello', ' sim:{"chunks":3}']), {});
});

t.test('with a word that it does not know, or a bad value, is an error that names it', async (t) => {
  t.throws(() => findScript(['sim:{"chunk":3}']), /chunk/);
  t.throws(() => findScript(['sim:{"chunks":-1}']), /chunks/);
  t.throws(() => findScript(['sim:{']), SyntaxError);
});

t.test('goes on with the next one, turn by turn, and stays with the last', async (t) => {
  const texts = ['sim:{"text":"1","next":{"text":"2","next":{"text":"3"}}}', 'said', 'asked'];
  const said = async (turns: number) => findScript(texts, [turns, turns, 0]).text;
  t.same(await Promise.all([0, 1, 2, 3].map(said)), ['1', '2', '3', '3']);
  t.equal(findScript([...texts, 'sim:{"text":"new"}'], [4, 3, 3, 0]).text, 'new');
});
