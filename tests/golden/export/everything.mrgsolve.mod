[ PROB ]
# everything: Every <operation> & kind: one of each
# test
# none
# Exported by Salus; time in d, doses into N in mg. Parameters are typical values.

[ PARAM ] @annotated
F : 2.5 : a name that other languages take (1)
K : 100 : capacity; of all (mg)

[ CMT ] @annotated
N : mass (mg)

[ MAIN ]
double n = floor(F) + ceil(F) + std::fabs(-F) + std::fmin(F, 2.0) + std::fmax(F, 3.0) + tgamma(2.0 + 1.0) + pow(tanh(F), 2.0) + log(F);
double truth = (F < 3.0) + (2.0 <= F && !(F == 1.0)) + (((1.0 < F) != 0) != ((2.0 < F) != 0)) + sqrt(F);
N_0 = K / 10.0;
F_N = 0.5;
ALAG_N = 0.5;

[ ODE ]
double g = (SOLVERTIME < 3.0 ? n : truth / 7.0);
double room = 1.0 - N / K;
dxdt_N = g * N * room;

[ TABLE ]
g = (TIME < 3.0 ? n : truth / 7.0);
room = 1.0 - N / K;
capture share = log(N / K / (1.0 - N / K));  // logit (1)
