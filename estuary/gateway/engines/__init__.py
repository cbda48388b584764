"""The engines that do the gateway's thinking, each behind one small interface."""
