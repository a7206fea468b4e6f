-- wrk asks for one of the volumes of the file named in VOLUMES_FILE, each time another
local paths = {}
for id in io.lines(os.getenv("VOLUMES_FILE")) do
  paths[#paths + 1] = os.getenv("VOLUMES_PATH") .. "/volumes/" .. id
end
function request() return wrk.format("GET", paths[math.random(#paths)]) end
