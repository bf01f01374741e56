// The tables in docs/ say what the code says.
import t from 'tap';
import { documents } from '../fixtures/docs.ts';

for (const { file, is, shouldBe } of documents()) {
  t.equal(is, shouldBe, `${file} is up to date; if not, run \`npm run docs\``);
}
