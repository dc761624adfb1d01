[ PROB ]
# theophylline: Theophylline, one compartment, oral
# First-order absorption from a depot into one compartment, first-order elimination.
# Data: Upton, in Boeckmann, Sheiner and Beal, NONMEM Users Guide Part V (1994), as R datasets::Theoph. Population values: FOCE fit to the 12 subjects, objective 116.80, recomputed for this project.
# Exported by Salus; time in h, doses into depot in mg. Parameters are typical values.

[ PARAM ] @annotated
ka : 1.588 : absorption rate (1/h)
CL : 2.751 : oral clearance, CL/F (L/h)
V : 31.81 : oral volume of distribution, V/F (L)

[ CMT ] @annotated
depot : amount in the gut (mg)
central : amount in the body (mg)

[ MAIN ]
double ke = CL / V;
double w = 1.0 / V;

[ ODE ]
dxdt_depot = -ka * depot;
dxdt_central = ka * depot - ke * central;

[ TABLE ]
capture C = central * w;  // theophylline concentration in plasma (mg/L)
