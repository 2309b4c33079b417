package review
import ("testing";"os")
func TestX(t *testing.T){ if os.Getenv("X")=="" {t.Skip()}; r,err:=Review(readSet(t,os.Getenv("X")),Options{}); if err!=nil{t.Fatal(err)}; t.Log("\n"+describe(r.Findings)); for _,n:=range r.Notes{t.Log(n)}}
