import { readConfig } from '../../src/shared/config.ts';
import type { Config, DoorSettings, Limits, TokenRules } from '../../src/shared/config.ts';

/** The settings of a start without any. */
export const defaults: Config = readConfig({});

export function limitsOf(overrides: Partial<Limits> = {}): Limits {
  return { ...defaults.limits, ...overrides };
}

export function doorOf(overrides: Partial<DoorSettings> = {}): DoorSettings {
  return { ...defaults.door, ...overrides };
}

/** Token rules as they are where nothing but a key is set. */
export function tokenRules(overrides: Partial<TokenRules>): TokenRules {
  return {
    mode: 'jwt',
    secret: undefined,
    publicKey: undefined,
    jwksUrl: undefined,
    audience: [],
    issuer: [],
    userClaim: 'sub',
    nameClaim: undefined,
    requireExp: true,
    maxAgeS: 0,
    ...overrides,
  };
}
