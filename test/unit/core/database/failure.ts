// What is worth another try, and what an operator must put right first.
import pg from 'pg';
import t from 'tap';
import { isTransient, reasonOf } from '../../../../src/core/database/failure.ts';

function sqlError(code: string): pg.DatabaseError {
  const error = new pg.DatabaseError('of the server', 0, 'error');
  error.code = code;
  return error;
}

for (const code of ['08006', '40P01', '53300', '57P01', '57P03', '57014']) {
  t.test(`SQLSTATE ${code} passes`, async (t) => t.ok(isTransient(sqlError(code))));
}

for (const code of ['28P01', '28000', '3D000', '42501', '42P01', '22003', '23505']) {
  t.test(`SQLSTATE ${code} stays`, async (t) => t.notOk(isTransient(sqlError(code))));
}

t.test('the network passes', async (t) => {
  t.ok(isTransient(Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })));
  t.ok(isTransient(Object.assign(new Error('getaddrinfo ENOTFOUND db'), { code: 'ENOTFOUND' })));
  t.ok(isTransient(new Error('timeout expired')));
  t.ok(isTransient(new Error('Connection terminated unexpectedly')));
});

t.test('settings stay', async (t) => {
  t.notOk(isTransient(new Error('The server does not support SSL connections')));
  t.notOk(isTransient(new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')));
  t.notOk(isTransient(Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })));
});

t.test('an error without a message is told by its code', async (t) => {
  t.equal(reasonOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })), 'ECONNREFUSED');
});
