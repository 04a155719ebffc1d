// `npm start`: the built program with the demo users on, unless DEMO_USERS says otherwise.
process.env.DEMO_USERS ??= '1';
process.argv.splice(2, 0, 'start');
await import('../dist/cli/main.js');
