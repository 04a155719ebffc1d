import type { Commands } from '../commands/commands.ts';

/** The users of the original system. */
const demoUsers = [
  { id: '1001', username: 'zhangsan' },
  { id: '1002', username: 'lisi' },
  { id: '1003', username: 'wangwu' },
  { id: '1004', username: 'zhaoliu' },
  { id: '1005', username: 'sunqi' },
];

/** Registers the demo users; those that are there stay as they are. */
export async function registerDemoUsers(commands: Commands): Promise<void> {
  await Promise.all(
    demoUsers.map(async ({ id, username }) => {
      if ((await commands.findUser(id)) === undefined) await commands.registerUser({ id, username, avatar: null });
    }),
  );
}
