// Microsoft SEAL as an independent oracle: runs one job, SEAL here and Salus in salus_oracle, which
// exchange SEAL's own files in a folder.
//   node oracle.mjs <job> <salus_oracle> <folder with node_modules>
// Inputs come from numbered seeds, printed; SEAL's own keys and encryptions are fresh each time.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [job, program, modules] = process.argv.slice(2);
const Seal = createRequire(path.join(modules, 'oracle.js'))('node-seal');
const seal = await Seal();
const none = seal.ComprModeType.none;
const kRotations = [1, -3, 64]; // as in salus_oracle
const kScale = 2 ** 40;
let failures = 0;

const kParameterSets = {
  4096: { n: 4096, bits: [36, 30, 36] },
  8192: { n: 8192, bits: [50, 40, 40, 50] },
  16384: { n: 16384, bits: [49, 40, 40, 40, 40, 40, 40, 40, 40, 50] },
  // Primes far from powers of two: one word in 60 is drawn again when SEAL expands a seed.
  rejecting: { n: 8192, primes: [0xc00000000640001n, 0xc00000001200001n, 0xc00000001300001n] },
  tiny: { n: 1024, bits: [30, 30, 30], unsafe: true },
};

// Numbers in [-1, 1) that depend on the seed alone (mulberry32).
function uniform(seed, count) {
  let state = seed >>> 0;
  return Float64Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

function modulusVector(primes) {
  const vector = seal.Vector();
  vector.from(primes.map((q) => seal.Modulus(q).instance), 'Modulus');
  return vector;
}

// A folder of its own, SEAL's context for a parameter set, and the files of both.
class Case {
  constructor(name, set) {
    this.name = name;
    this.folder = path.join(modules, 'work', name);
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    this.parms = seal.EncryptionParameters(seal.SchemeType.ckks);
    this.parms.setPolyModulusDegree(set.n);
    this.parms.setCoeffModulus(
      set.primes
        ? modulusVector(set.primes)
        : seal.CoeffModulus.Create(set.n, Int32Array.from(set.bits)));
    const level = set.unsafe ? seal.SecurityLevel.none : seal.SecurityLevel.tc128;
    this.context = seal.Context(this.parms, true, level);
    if (!this.context.parametersSet()) throw new Error(`SEAL refuses the parameters of ${name}`);
    this.slots = set.n / 2;
    this.levels = (set.bits ?? set.primes).length - 1;
    this.encoder = seal.CKKSEncoder(this.context);
    this.evaluator = seal.Evaluator(this.context);
    this.save('parms.bin', this.parms);
  }
  makeKeys() {
    this.generator = seal.KeyGenerator(this.context);
    this.secret = this.generator.secretKey();
    this.open = this.generator.createPublicKey();
    this.relin = this.generator.createRelinKeys();
    this.galois = this.generator.createGaloisKeys(Int32Array.from([0, ...kRotations]));
    this.save('sk.bin', this.secret);
    this.save('pk.bin', this.open);
    this.save('rk.bin', this.relin);
    this.save('gk.bin', this.galois);
  }
  loadKeys() {
    this.secret = this.load(seal.SecretKey(), 'sk.bin');
    this.open = this.load(seal.PublicKey(), 'pk.bin');
    this.relin = this.load(seal.RelinKeys(), 'rk.bin');
    this.galois = this.load(seal.GaloisKeys(), 'gk.bin');
  }
  save(name, object) {
    writeFileSync(path.join(this.folder, name), object.saveArray(none));
  }
  load(object, name) {
    object.loadArray(this.context, new Uint8Array(readFileSync(path.join(this.folder, name))));
    return object;
  }
  ciphertext(name) {
    return this.load(seal.CipherText(), name);
  }
  saveNumbers(name, numbers) {
    const bytes = Buffer.alloc(8 * numbers.length);
    numbers.forEach((x, i) => bytes.writeDoubleLE(x, 8 * i));
    writeFileSync(path.join(this.folder, name), bytes);
  }
  loadNumbers(name) {
    const bytes = readFileSync(path.join(this.folder, name));
    return Float64Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i));
  }
  decrypt(ciphertext) {
    this.decryptor ??= seal.Decryptor(this.context, this.secret);
    return this.encoder.decode(this.decryptor.decrypt(ciphertext));
  }
  // Eight standard deviations of a fresh encryption's noise in a slot.
  freshBound() {
    const n = 2 * this.slots;
    return (8 * 3.24 * Math.sqrt((4 * n) / 3 + 1) * Math.sqrt(n)) / kScale;
  }
  // And of a key switch: digits in [0, q_0) have mean q_0 / 2, and 1 + X + ... + X^(N-1) is up to
  // 2 N / pi in a slot; times the key's error there, over P = q_0 and the scale.
  switchBound() {
    const n = 2 * this.slots;
    return this.freshBound() + (8 * 3.24 * Math.sqrt(n) * (n / Math.PI)) / kScale;
  }
  expect(what, got, wanted, bound) {
    let worst = 0;
    wanted.forEach((x, i) => {
      const error = Math.abs(got[i] - x);
      worst = Math.max(worst, Number.isFinite(error) ? error : Infinity);
    });
    const good = got.length === wanted.length && worst <= bound;
    const figures = `max error ${worst.toPrecision(3)} (bound ${bound.toPrecision(3)})`;
    console.log(`  SEAL:  ${what.padEnd(32)} ${figures}${good ? '' : ' FAILED'}`);
    if (!good) ++failures;
  }
  salus(step, ...rest) {
    const run = spawnSync(program, [step, this.folder, ...rest.map(String)], { stdio: 'inherit' });
    if (run.status === 0) return;
    throw new Error(`salus_oracle ${step} in ${this.folder} ended with ${run.status ?? run.signal}`);
  }
  // A passing case leaves nothing behind; a failing one its files. SEAL's memory is not collected.
  finish(before) {
    for (const name of ['evaluator', 'encoder', 'decryptor', 'generator', 'galois', 'relin', 'open',
      'secret', 'context', 'parms']) this[name]?.delete();
    if (failures === before) rmSync(this.folder, { recursive: true, force: true });
  }
}

function run(name, set, body) {
  const before = failures;
  const size = set.bits ? `primes of ${set.bits} bits` : `${set.primes.length} given primes`;
  console.log(`${name}: N = ${set.n}, ${size}`);
  let one;
  try {
    one = new Case(name, set);
    body(one);
  } catch (error) {
    console.log(`  FAILED: ${error.message ?? error}`);
    ++failures;
  }
  one?.finish(before);
}

const rotate = (x, steps) => x.map((_, i) => x[(i + steps + x.length) % x.length]);
const cubic = (x) => x.map((v) => v * v * v - 0.5 * v + 0.25);

// Job 1: SEAL encrypts, Salus evaluates with SEAL's keys, SEAL decrypts.
function sealEncrypts(one, seed) {
  console.log(`  inputs of seed ${seed}`);
  one.makeKeys();
  const galois = one.generator.createGaloisKeysSerializable(Int32Array.from([0, ...kRotations]));
  one.save('gk.bin', galois);
  one.save('rk.bin', one.generator.createRelinKeysSerializable());
  const [x, y] = [uniform(seed, one.slots), uniform(seed + 1, one.slots)];
  const encryptor = seal.Encryptor(one.context, one.open, one.secret);
  one.save('x.ct', encryptor.encrypt(one.encoder.encode(x, kScale)));
  one.save('y.ct', encryptor.encryptSymmetricSerializable(one.encoder.encode(y, kScale)));

  one.salus('evaluate');
  const [fresh, switched] = [one.freshBound(), one.switchBound()];
  const expect = (name, wanted, bound) =>
    one.expect(name, one.decrypt(one.ciphertext(`${name}.ct`)), wanted, bound);
  expect('product', x.map((v, i) => v * y[i]), 4 * fresh);
  expect('cubic', cubic(x), 8 * fresh);
  expect('cubic_rotated', rotate(cubic(x), kRotations[0]), 8 * fresh + switched);
  expect('conjugate', x, switched);
  for (const steps of kRotations) expect(`rotated_${steps}`, rotate(x, steps), switched);
  // |T_16'| <= 256 on [-1, 1].
  if (one.slots >= 8192) {
    expect('chebyshev16', x.map((v) => Math.cos(16 * Math.acos(v))), 512 * fresh);
  }
}

// Job 2: Salus makes the keys and encrypts, SEAL evaluates, Salus decrypts.
function salusEncrypts(one, seed) {
  console.log(`  keys and inputs of seed ${seed}`);
  one.salus('make-keys', seed);
  one.loadKeys();
  const [x, y] = [one.loadNumbers('x.f64'), one.loadNumbers('y.f64')];
  const [cx, cy] = [one.ciphertext('x.ct'), one.ciphertext('y.ct')];
  const fresh = one.freshBound();
  one.expect('Salus public-key encryption', one.decrypt(cx), x, fresh);
  one.expect('Salus secret-key encryption', one.decrypt(cy), y, fresh);
  one.expect('Salus encoding', one.encoder.decode(one.load(seal.PlainText(), 'y.pt')), y, fresh);

  const { evaluator, encoder } = one;
  const constant = (value, like) => {
    const plain = encoder.encode(new Float64Array(one.slots).fill(value), like.scale);
    return evaluator.plainModSwitchTo(plain, like.parmsId);
  };
  const product = (a, b) =>
    evaluator.rescaleToNext(evaluator.relinearize(evaluator.multiply(a, b), one.relin));
  const square = product(cx, cx);
  const inner = evaluator.addPlain(square, constant(-0.5, square));
  const outer = product(evaluator.cipherModSwitchTo(cx, inner.parmsId), inner);
  const low = evaluator.addPlain(outer, constant(0.25, outer));
  const z = uniform(seed, one.slots);
  const encryptor = seal.Encryptor(one.context, one.open);
  const result = (name, ciphertext, wanted) => {
    one.save(`${name}.ct`, ciphertext);
    one.saveNumbers(`${name}.f64`, wanted);
  };
  result('encrypted', encryptor.encrypt(encoder.encode(z, kScale)), z);
  result('product', product(cx, cy), x.map((v, i) => v * y[i]));
  result('cubic', low, cubic(x));
  result('rotated', evaluator.rotateVector(cx, -3, one.galois), rotate(x, -3));
  result('conjugate', evaluator.complexConjugate(cx, one.galois), x);
  result('cubic_rotated', evaluator.rotateVector(low, 64, one.galois), rotate(cubic(x), 64));
  one.save('sk_seal.bin', one.secret);
  one.salus('check-results');
}

// Job 3: both compute on the same random residues with SEAL's keys; salus_oracle compares files.
function byteEqual(one, seed, trials) {
  console.log(`  residues of seed ${seed}, ${trials} a level`);
  one.makeKeys();
  one.salus('make-inputs', seed, trials);
  const e = one.evaluator;
  for (let level = 0; level < one.levels; ++level) {
    for (let trial = 0; trial < trials; ++trial) {
      const id = `${level}_${trial}`;
      const [a, b] = [one.ciphertext(`a_${id}.ct`), one.ciphertext(`b_${id}.ct`)];
      const p = one.load(seal.PlainText(), `p_${id}.pt`);
      const keep = (what, ciphertext) => {
        one.save(`${what}_${id}.ct`, ciphertext);
        ciphertext.delete();
      };
      const three = e.multiply(a, b);
      const two = e.relinearize(three, one.relin);
      keep('add', e.add(a, b));
      keep('subtract', e.sub(a, b));
      keep('negate', e.negate(a));
      keep('addplain', e.addPlain(a, p));
      keep('multiplyplain', e.multiplyPlain(a, p));
      keep('conjugate', e.complexConjugate(a, one.galois));
      for (const steps of kRotations) {
        keep(`rotate${steps}`, e.rotateVector(a, steps, one.galois));
      }
      if (level > 0) {
        keep('rescale', e.rescaleToNext(a));
        keep('rescaleproduct', e.rescaleToNext(two));
        keep('drop', e.cipherModSwitchToNext(a));
      }
      keep('multiply', three);
      keep('relinearize', two);
      keep('expand', one.ciphertext(`seeded_${id}.ct`));
      for (const object of [a, b, p]) object.delete();
    }
  }
  one.salus('compare', seed, trials);
}

// Job 3, encoders: coefficients differ by at most one, and each decodes what the other encoded.
function encode(one, seed) {
  console.log(`  values of seed ${seed}`);
  const kCount = 6;
  for (let i = 0; i < kCount; ++i) {
    const values = uniform(seed + i, i === 0 ? 1 : one.slots).map((v) => v * 10 ** (i - 3));
    const padded = Float64Array.from({ length: one.slots }, (_, j) => values[j] ?? 0);
    one.saveNumbers(`encode_${i}.f64`, padded);
    one.save(`encode_${i}.pt`, one.encoder.encode(values, 2 ** 30));
  }
  one.salus('compare-encodings', 1, kCount);
  for (let i = 0; i < kCount; ++i) {
    const decoded = one.encoder.decode(one.load(seal.PlainText(), `encode_${i}_salus.pt`));
    const bound = one.slots / 2 ** 30; // N coefficients rounded by up to 1/2
    one.expect(`decodes Salus encoding ${i}`, decoded, one.loadNumbers(`encode_${i}.f64`), bound);
  }
}

// Job 4: SEAL's files, damaged.
function malformed(one, seed, mutations) {
  console.log(`  damage of seed ${seed}`);
  one.makeKeys();
  one.save('rk_seeded.bin', one.generator.createRelinKeysSerializable());
  one.save('gk_seeded.bin', one.generator.createGaloisKeysSerializable(Int32Array.from([1])));
  one.save('gk.bin', one.generator.createGaloisKeys(Int32Array.from([1])));
  const plain = one.encoder.encode(uniform(seed, one.slots), 2 ** 20);
  const encryptor = seal.Encryptor(one.context, one.open, one.secret);
  const x = encryptor.encrypt(plain);
  one.save('x.pt', plain);
  one.save('x.ct', x);
  one.save('x_seeded.ct', encryptor.encryptSymmetricSerializable(plain));
  one.save('x_three.ct', one.evaluator.multiply(x, x));
  one.salus('read-malformed', seed, mutations);
}

const sets = kParameterSets;
const jobs = {
  seal_encrypts() {
    run('seal_encrypts_8192', sets[8192], (one) => sealEncrypts(one, 101));
    run('seal_encrypts_16384', sets[16384], (one) => sealEncrypts(one, 102));
  },
  salus_encrypts() {
    run('salus_encrypts_8192', sets[8192], (one) => salusEncrypts(one, 201));
    run('salus_encrypts_16384', sets[16384], (one) => salusEncrypts(one, 202));
  },
  byte_equal() {
    for (const seed of [301, 302, 303]) {
      run(`byte_equal_4096_${seed}`, sets[4096], (one) => byteEqual(one, seed, 3));
      run(`byte_equal_8192_${seed}`, sets[8192], (one) => byteEqual(one, seed, 2));
    }
    run('byte_equal_rejecting', sets.rejecting, (one) => byteEqual(one, 304, 3));
    run('byte_equal_16384', sets[16384], (one) => byteEqual(one, 305, 1));
  },
  encode() {
    run('encode_4096', sets[4096], (one) => encode(one, 401));
    run('encode_8192', sets[8192], (one) => encode(one, 402));
    run('encode_16384', sets[16384], (one) => encode(one, 403));
  },
  malformed() {
    run('malformed', sets.tiny, (one) => malformed(one, 501, 20000));
  },
};
jobs[job]();
console.log(failures === 0 ? 'agrees with SEAL' : `${failures} failures`);
process.exit(failures === 0 ? 0 : 1);
