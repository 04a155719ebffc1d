import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defaultClientConditions, defineConfig } from 'vite';
import type { Plugin } from 'vite';

const folder = join(import.meta.dirname, '../../dist/page');

/** Bytes below which a file is sent as it is. */
const worthwhile = 1_024;

/** Writes `.br` and `.gz` beside each text, so that the server compresses nothing itself. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    writeBundle() {
      const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
      for (const { name, parentPath } of entries.filter((entry) => entry.isFile())) {
        const path = join(parentPath, name);
        const bytes = readFileSync(path);
        if (bytes.length < worthwhile || /\.(br|gz)$/.test(name)) continue;
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  // A proxy may show the page under a path.
  base: './',
  // Packages of this repository give their sources under this condition.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  plugins: [compressed()],
  build: {
    outDir: folder,
    emptyOutDir: true,
    target: 'es2022',
    // Its preload helper is of no use to one script, and nothing is written into the page.
    modulePreload: false,
    rolldownOptions: { checks: { bundlerTimings: false } },
    // What the page is made of, as the licences of its parts ask for.
    license: { fileName: 'assets/licences.md' },
  },
});
