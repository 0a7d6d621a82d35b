import { describe, expect, it } from 'vitest';
import { MirrorhashError } from '../../../src/errors.js';
import { blamesData, explained, sqlState } from '../../../src/store/mirrorbrain/failures.js';

const coded = (code: string, message = 'words of the server'): Error =>
  Object.assign(new Error(message), { code });

describe('a failure', () => {
  it.each([
    ['a server that is not running', coded('ECONNREFUSED')],
    ['a connection that is cut', coded('ECONNRESET')],
    ['a network that is down', coded('ENETUNREACH')],
    ['a name server that is away', coded('EAI_AGAIN')],
    ['a socket that is not there', coded('ENOENT')],
    ['a connection that ends without a word', new Error('Connection terminated unexpectedly')],
    ['both addresses of a host', new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])],
    ['a server that starts', coded('57P03')],
    ['a server that stops', coded('57P01')],
    ['a server whose process crashed', coded('57P02')],
    ['too many connections', coded('53300')],
    ['a full disk', coded('53100')],
    ['a protocol error of the connection', coded('08P01')],
    ['a deadlock', coded('40P01')],
    ['a lock that somebody keeps', coded('55P03')],
    ['a time limit', coded('57014')],
  ])('that passes: %s', (_, error) => {
    expect(explained('postgres://h/d', error)).toMatchObject({ code: 'REDIRECTOR_AWAY', cause: error });
  });

  it.each([
    ['a wrong password', coded('28P01')],
    ['a refused user', coded('28000')],
    ['no such database', coded('3D000')],
    ['no right', coded('42501')],
    ['a server that only reads', coded('25006')],
    ['a host that does not exist', coded('ENOTFOUND')],
    ['no password', new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')],
    ['a server without TLS', new Error('The server does not support SSL connections')],
    ['something that is no PostgreSQL', new Error('There was an error establishing an SSL connection')],
  ])('that somebody must mend, with a hint: %s', (_, error) => {
    const explanation = explained('postgres://h/d', error);
    expect(explanation).toMatchObject({ code: 'REDIRECTOR_UNUSABLE', hint: expect.any(String) });
    expect(explanation.message).toMatch(/^postgres:\/\/h\/d: /);
  });

  it.each([
    ['a missing table', coded('42P01')],
    ['a certificate that nobody vouches for', coded('DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['a mistake of ours', new TypeError('x is not a function')],
  ])('that somebody must mend: %s', (_, error) => {
    expect(explained('postgres://h/d', error)).toMatchObject({ code: 'REDIRECTOR_UNUSABLE' });
  });

  it('that is explained already stays as it is', () => {
    const error = new MirrorhashError('REDIRECTOR_UNUSABLE', 'explained');
    expect(explained('name', error)).toBe(error);
  });

  it('has a code of the server, or one of the system', () => {
    expect(['22P02', '57P01', '53100'].map((code) => sqlState(coded(code)))).toEqual([
      '22P02',
      '57P01',
      '53100',
    ]);
    expect(['EPIPE', 'ECONNREFUSED', 'ENOTFOUND'].map((code) => sqlState(coded(code)))).toEqual([
      null,
      null,
      null,
    ]);
    expect(sqlState(new Error('none'))).toBe(null);
    expect(sqlState('a text')).toBe(null);
  });

  it('may be that of the data, and of nothing else', () => {
    expect(['22001', '22021', '23514', '54000'].map((code) => blamesData(coded(code)))).toEqual(
      Array(4).fill(true),
    );
    expect(
      ['42501', '53100', '57014', 'EPIPE', '40001', '23502', '23503'].some((code) => blamesData(coded(code))),
    ).toBe(false);
  });
});
