import { readModelContract } from './contract/read-model.ts';
import { makeModelFolder } from './support/projection-model.ts';

readModelContract({
  name: 'embedded',
  async open() {
    const folder = await makeModelFolder();
    return { writer: folder.open('write'), openReader: () => folder.open('read'), dispose: () => folder.remove() };
  },
});
