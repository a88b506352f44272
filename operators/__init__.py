"""What operators do, below the command line so that the API can use it: about many instructions at once, and about people.

An operation (operations.py) makes one command for each instruction that a filter of readmodels/worklist.py chooses (bulk.py;
policies.py where a policy's rules changed); each is judged by the real `decide` without being recorded, or sent to its workflow
(sending.py) and told what became of it (carrying_out.py).

People are put on file and erased (people.py), and whom a change of the directory concerns is woken (waking.py). publishing.py has a
programme's report published, exporting.py says what an export holds. What is not for the log: a policy tried on what happened
(backtest.py), and somebody's channels tried by a test notice each (trials.py).
"""
