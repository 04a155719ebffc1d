/**
 * The documents of the read model, described once, as data. Types, tables, inserts, selects, copies, comparisons and
 * the mapping to MongoDB follow from here: a field that is added to one of these shapes is stored, read, compared and
 * verified, or does not compile.
 */

/** What a field holds. */
export type FieldType = 'text' | 'integer' | 'status' | 'user';

export interface Field<Type extends FieldType = FieldType, Nullable extends boolean = boolean> {
  readonly type: Type;
  readonly nullable: Nullable;
  /** Of a field that patches set: the field beside it that is null until the document has taken the patch. */
  readonly mark?: string;
}

/** A user as messages name it. */
export interface UserRefDocument {
  readonly id: string;
  readonly username: string;
}

interface ValueOf {
  readonly text: string;
  /** A safe integer. Dates are epoch milliseconds. */
  readonly integer: number;
  /** 1 unread, 2 read by the addressee: the original system's numbers. */
  readonly status: 1 | 2;
  readonly user: UserRefDocument;
}

/** The fields of a kind of document, in their order. The first, `_id`, tells documents of a kind apart. */
export type Shape = Readonly<Record<string, Field>> & { readonly _id: Field<'text', false> };

/** The document that a shape describes. */
export type DocumentOf<S extends Readonly<Record<string, Field>>> = {
  readonly [Name in keyof S]: ValueOf[S[Name]['type']] | (S[Name]['nullable'] extends true ? null : never);
};

const text = { type: 'text', nullable: false } as const;
const textOrNull = { type: 'text', nullable: true } as const;
const integer = { type: 'integer', nullable: false } as const;
const integerOrNull = { type: 'integer', nullable: true } as const;
const status = { type: 'status', nullable: false } as const;
const user = { type: 'user', nullable: false } as const;
const userOrNull = { type: 'user', nullable: true } as const;

/** To be raised whenever a shape changes: what was written in another version is not read, but built anew. */
export const documentsVersion = 3;

/** Every kind of document. `_id` of each is unique. */
export const shapes = {
  /** `_id`: user id. */
  user: { _id: text, username: text, avatar: textOrNull, position: integer },
  /**
   * Of the conversation alone, nothing of its members. `_id`: conversation id. `last_seq`: seq of the newest message.
   * `revision`, `last_position`: of the newest event, reads too. `updated_at`: when the newest message was sent; orders
   * the friend list. The newest message itself is looked up, never copied here: what is done to a message is done once.
   */
  conversation: { _id: text, last_seq: integer, updated_at: integer, revision: integer, last_position: integer },
  /**
   * A user in a conversation. `_id`: see `membershipId`. `joined_seq`: the user sees what is above it. `read_seq`,
   * `read_date`: everything up to here is read, and since when, 0 and null: nothing. `own_seq`: the user's own newest
   * message, 0: none. `greatest_client_id`: of the user's messages here, in code-unit order; null: none.
   */
  membership: {
    _id: text,
    user: text,
    conversation: text,
    joined_seq: integer,
    read_seq: integer,
    read_date: integerOrNull,
    own_seq: integer,
    greatest_client_id: textOrNull,
  },
  /**
   * `_id`: message id. `to`: the addressee, null in a group. `read_date`: null while unread.
   */
  message: {
    _id: text,
    client_id: text,
    conversation: text,
    seq: integer,
    revision: integer,
    position: integer,
    from: user,
    to: userOrNull,
    msg: text,
    status: { ...status, mark: 'read_date' },
    send_date: integer,
    read_date: { ...integerOrNull, mark: 'read_date' },
  },
  /**
   * A stream that stood or stands still since one of its events cannot be read: nothing behind that event is applied,
   * until an operator passes it over. `_id`: the stream. `revision`, `position`: of the event, the newest such one.
   * `passed`: position of the decision to pass it over; null: the stream stands still.
   */
  damage: { _id: text, revision: integer, position: integer, reason: text, passed: integerOrNull },
} as const satisfies Readonly<Record<string, Shape>>;

export type DocumentKind = keyof typeof shapes;
export const documentKinds = Object.keys(shapes) as readonly DocumentKind[];

/** The document of each kind. */
export type Documents = { readonly [Kind in DocumentKind]: DocumentOf<(typeof shapes)[Kind]> };

export type UserDocument = Documents['user'];
export type ConversationDocument = Documents['conversation'];
export type MembershipDocument = Documents['membership'];
export type MessageDocument = Documents['message'];
export type DamageDocument = Documents['damage'];

type MessageShape = (typeof shapes)['message'];

/** Fields of a message that patches may set. */
export type PatchedField = {
  [Name in keyof MessageShape]: MessageShape[Name] extends { readonly mark: string } ? Name : never;
}[keyof MessageShape];

/** Fields that are null until a message has taken a patch. */
export type Mark = MessageShape[PatchedField]['mark'];

/**
 * Of each field that a patch may set, the mark that comes with it. A message that is there already takes a field of a
 * batch only while that mark is still null in it.
 */
export const markOf = Object.fromEntries(
  fieldsOf('message').flatMap(([name, { mark }]) => (mark === undefined ? [] : [[name, mark]])),
) as { readonly [Name in PatchedField]: Mark };

/** User ids hold no space. All of a user's memberships lie together in the order of their ids. */
export function membershipId(user: string, conversation: string): string {
  return `${user} ${conversation}`;
}

/** The fields of a kind, in the order of its shape. */
export function fieldsOf(kind: DocumentKind): readonly (readonly [string, Field])[] {
  return Object.entries(shapes[kind]);
}
