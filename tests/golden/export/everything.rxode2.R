# everything: Every <operation> & kind: one of each
# test
# none
# Exported by Salus; time in d, doses into N in mg. Parameters are typical values.
# F_ is F of the model: the name is taken here.
library(rxode2)

everything <- rxode2({
  F_ = 2.5  # a name that other languages take (1)
  K = 100  # capacity: of all (mg)
  n = floor(F_) + ceil(F_) + abs(-F_) + min(F_, 2) + max(F_, 3) + factorial(2) + tanh(F_)^2 + log(F_)  # functions (1)
  truth = (F_ < 3) + (2 <= F_ && !(F_ == 1)) + (((1 < F_) != 0) != ((2 < F_) != 0)) + sqrt(F_)  # truth values as numbers (1)
  N(0) = K / 10  # at time 0 (mg)
  f(N) = 0.5  # of a dose arrives
  alag(N) = 0.5  # until a dose arrives (d)
  g = ifelse(t < 3, n, truth / 7)  # growth (1/d)
  room = 1 - N / K  # what is left (1)
  d/dt(N) = g * N * room  # mass (mg)
  share = log(N / K / (1 - N / K))  # logit (1)
})
