// For `node --import`: a Node that uWebSockets.js has no binary for.
Object.defineProperty(process, 'versions', { value: { ...process.versions, modules: '1' } });
