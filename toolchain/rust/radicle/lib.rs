//! Nothing: the programs of the dependencies are what is wanted.
