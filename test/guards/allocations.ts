// How much memory a request and a chunk take between the two sockets, with all plugins, and how often it is collected.
import t from 'tap';
import { ALLOCATIONS, COLLECTIONS } from '../fixtures/guards/budgets.ts';
import { measureHeap, UNCOLLECTED } from '../fixtures/guards/heap.ts';
import { held } from '../fixtures/guards/held.ts';

for (const unit of ['request', 'chunk'] as const) {
  t.test(`bytes a ${unit}`, async (t) => {
    const { heap, buffers, collections } = await measureHeap(unit, UNCOLLECTED);
    t.equal(collections, 0, 'nothing was collected, so what is there is what was allocated');
    held(t, `bytes of the heap a ${unit}`, heap, ALLOCATIONS[unit].heap);
    held(t, `bytes of buffers a ${unit}`, buffers, ALLOCATIONS[unit].buffers);
  });
}

t.test('garbage collections in 100,000 chunks', async (t) => {
  const { collections, large } = await measureHeap('chunk');
  t.ok(collections > 0, 'they are seen');
  held(t, 'garbage collections', collections, COLLECTIONS);
  t.equal(large, 0, 'none is of the whole heap');
});
