// Runs once, where the database is made: the user that weiliao has in MongoDB. It reads and writes its own database and
// nothing else.
db.getSiblingDB('weiliao').createUser({
  user: 'weiliao',
  pwd: process.env.MONGODB_PASSWORD,
  roles: [{ role: 'readWrite', db: 'weiliao' }],
});
